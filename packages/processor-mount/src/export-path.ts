/**
 * The deepest folder that holds both paths. All that is mounted of one file system of a server (one fsid) shares one
 * superblock, however many exports and folders of it that are: what is above them all is what can be said of its operations.
 */
export const commonFolder = (one: string, other: string): string => {
  const [names, others] = [one.split('/'), other.split('/')];
  const end = names.findIndex((name, i) => name !== others[i]);
  return end < 0 ? one : names.slice(0, end).join('/') || '/';
};
