import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { errorName, errorNames } from './errors.ts';

describe('errorName', () => {
  test.each([
    [0, 3, undefined],
    [0, 4, undefined],
    [5, 3, 'EIO'],
    [5, 4, 'EIO'],
    [70, 4, 'ECOMM'],
    [116, 3, 'ESTALE'],
    [122, 4, 'EDQUOT'],
    [133, 4, 'EHWPOISON'],
    [512, 4, 'ERESTARTSYS'],
    [528, 3, 'EJUKEBOX'],
    [531, 4, 'ENOGRACE'],
    [10001, 3, 'NFS3ERR_BADHANDLE'],
    [10002, 3, 'NFS3ERR_NOT_SYNC'],
    [10008, 3, 'NFS3ERR_JUKEBOX'],
    [10001, 4, 'NFS4ERR_BADHANDLE'],
    [10008, 4, 'NFS4ERR_DELAY'],
    [10013, 4, 'NFS4ERR_GRACE'],
    [10025, 4, 'NFS4ERR_BAD_STATEID'],
    [10036, 4, 'NFS4ERR_BADXDR'],
    [10048, 4, 'NFS4ERR_CB_PATH_DOWN'],
    [10052, 4, 'NFS4ERR_BADSESSION'],
    [10063, 4, 'NFS4ERR_SEQ_MISORDERED'],
    [10074, 4, 'NFS4ERR_CLIENTID_BUSY'],
    [10087, 4, 'NFS4ERR_DELEG_REVOKED'],
    [10094, 4, 'NFS4ERR_OFFLOAD_NO_REQS'],
    [10096, 4, 'NFS4ERR_XATTR2BIG'],
  ])('%i in NFSv%i is %s', (error, version, name) => {
    expect(errorName(error, version)).toBe(name);
  });

  test.each([
    ['an unused errno', 41, 4],
    ['a number between the tables', 600, 4],
    ['an unused status of version 4', 10002, 4],
    ['a status version 3 does not have', 10013, 3],
    ['one more than the last', 10097, 4],
    ['the largest a row can hold', 65535, 4],
  ])('%s is _OTHER', (_, error, version) => {
    expect(errorName(error, version)).toBe('_OTHER');
  });

  // Numbers differ between systems; the table is Linux's.
  test.skipIf(process.platform !== 'linux')('agrees with the system for every errno it knows', () => {
    const system = Object.entries(constants.errno).filter(([name]) => !['EWOULDBLOCK', 'ENOTSUP'].includes(name));
    expect(system.length).toBeGreaterThan(70);
    for (const [name, number] of system) expect([number, errorName(number, 4)]).toEqual([number, name]);
  });
});

test('no name stands for two numbers', () => {
  const numbers = Array.from({ length: 0x10000 }, (_, error) => error);
  for (const version of [3, 4]) {
    const names = numbers.map((error) => errorName(error, version)).filter((name) => name !== undefined && name !== '_OTHER');
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(errorNames).toContain(name);
  }
});
