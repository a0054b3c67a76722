/**
 * The deepest folder that holds both paths. NFSv3 exports, and folders mounted out of one export, share one superblock
 * when the server gives them one fsid: what is above them all is all that can be said of its operations.
 */
export const commonFolder = (one: string, other: string): string => {
  const [names, others] = [one.split('/'), other.split('/')];
  const end = names.findIndex((name, i) => name !== others[i]);
  return end < 0 ? one : names.slice(0, end).join('/') || '/';
};
