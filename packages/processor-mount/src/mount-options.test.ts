import { expect, test } from 'vitest';
import { mountOptions } from './mount-options.ts';

// The texts are those of Linux 6.1 and 6.12.
test.each([
  [
    'version 3',
    'rw,vers=3,rsize=262144,wsize=131072,namlen=255,acregmin=3,hard,nolock,proto=tcp,timeo=600,retrans=2,sec=sys,mountaddr=10.0.0.5,mountvers=3,local_lock=all',
    'caps=0x3fc7,wtmult=4096,dtsize=262144,bsize=0,namlen=255',
    {
      'nfs.mount.access': 'rw',
      'nfs.mount.version': '3',
      'nfs.mount.rsize': 262144,
      'nfs.mount.wsize': 131072,
      'nfs.mount.recovery': 'hard',
      'nfs.mount.protocol': 'tcp',
      'nfs.mount.timeo': 600,
      'nfs.mount.retrans': 2,
      'nfs.mount.nconnect': 1,
      'nfs.mount.security': 'sys',
      'nfs.mount.flags': 'acregmin=3,local_lock=all,nolock',
      'nfs.mount.capabilities': '0x3fc7',
    },
  ],
  [
    'version 4.2, soft, by four connections',
    'ro,noatime,vers=4.2,rsize=1048576,softerr,nosharecache,proto=tcp6,nconnect=4,sec=krb5p,clientaddr=fd00::5',
    '',
    {
      'nfs.mount.access': 'ro',
      'nfs.mount.version': '4.2',
      'nfs.mount.rsize': 1048576,
      'nfs.mount.recovery': 'softerr',
      'nfs.mount.protocol': 'tcp6',
      'nfs.mount.nconnect': 4,
      'nfs.mount.security': 'krb5p',
      'nfs.mount.flags': 'noatime,nosharecache',
    },
  ],
  ['what is not known', 'rx,vers=4;2,rsize=many,secret=1,constructor=2,new', 'more', { 'nfs.mount.nconnect': 1 }],
  ['nothing', '', '', { 'nfs.mount.nconnect': 1 }],
])('%s', (_, opts, caps, attributes) => {
  expect(mountOptions(opts, caps)).toEqual(attributes);
});
