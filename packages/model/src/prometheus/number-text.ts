/** The shortest text that reads back as the same number. */
export const numberText = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

/** As numberText, in the one form that OpenMetrics allows in a label: `1.0`, `4.194304e+06`, `1e-05`. */
export const canonicalText = (value: number): string => {
  if (!Number.isFinite(value)) return numberText(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  // The rule of %g.
  if (value !== 0 && (power < -4 || power >= 6)) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
};
