/** Whether a text is a regular expression, in the syntax of JavaScript with `u`. */
export const isExpression = (text: string): boolean => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
};
