import { stat } from 'node:fs/promises';

/** A path as in a kubelet’s `--container-runtime-endpoint`. */
export const pathOf = (endpoint: string): string => endpoint.replace(/^unix:\/\//, '');

/** Why nobody can listen there; undefined when somebody may. */
export const faultOfSocket = async (path: string): Promise<string | undefined> => {
  try {
    return (await stat(path)).isSocket() ? undefined : 'is no socket';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'is not there' : message;
  }
};

/** Whether a connection was refused for want of rights. */
export const isDenied = ({ code }: NodeJS.ErrnoException): boolean => code === 'EACCES' || code === 'EPERM';
