/** Numbers from 0 up to below `limit`, the same ones for the same seed: a linear congruential generator, its high bits. */
export const randomNumbers = (seed: number): ((limit: number) => number) => {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};
