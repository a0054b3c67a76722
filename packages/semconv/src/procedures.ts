import { attribute } from './attributes.ts';

/** Numbers of the ONC RPC programs that a kernel with an NFS client calls, by the kernel's own names for them. */
export const rpcProgram = { nfs: 100003, nfsacl: 100227, lockd: 100021, statd: 100024, mount: 100005, rpcbind: 100000 } as const;

/** A key of `rpcProgram`. */
export type RpcProgramName = keyof typeof rpcProgram;

/** The keys of `rpcProgram`. */
export const rpcPrograms = Object.keys(rpcProgram) as RpcProgramName[];

/** The name of a program; its number where it has none. */
export const programName = (program: number): string => rpcPrograms.find((name) => rpcProgram[name] === program) ?? String(program);

/** What an operation is called, as attributes: NFS of every version by `nfs.operation.name`, the rest by program and procedure. */
export const operationAttributes = (program: number, version: number, name: string): Readonly<Record<string, string | number>> => ({
  ...(program === rpcProgram.nfs
    ? { [attribute.NFS_OPERATION_NAME]: name }
    : { [attribute.ONC_RPC_PROGRAM_NAME]: programName(program), [attribute.ONC_RPC_PROCEDURE_NAME]: name }),
  [attribute.ONC_RPC_VERSION]: version,
});

const list = (names: string): readonly string[] => names.trim().split(/\s+/);

// RFC 1094 section 2.2 and RFC 1813 section 3.3: by number, from 0.
const version2 = list(`
  NULL GETATTR SETATTR ROOT LOOKUP READLINK READ WRITECACHE WRITE CREATE REMOVE RENAME LINK SYMLINK MKDIR RMDIR READDIR STATFS`);
const version3 = list(`
  NULL GETATTR SETATTR LOOKUP ACCESS READLINK READ WRITE CREATE MKDIR SYMLINK MKNOD REMOVE RMDIR RENAME LINK READDIR READDIRPLUS FSSTAT
  FSINFO PATHCONF COMMIT`);

// Linux, fs/nfs/nfs4xdr.c from 5.10 to 7.3: each is a COMPOUND, named by what it is for. Their numbers move between kernels.
const version4 = list(`
  NULL READ WRITE COMMIT OPEN OPEN_CONFIRM OPEN_NOATTR OPEN_DOWNGRADE CLOSE SETATTR FSINFO RENEW SETCLIENTID SETCLIENTID_CONFIRM LOCK
  LOCKT LOCKU ACCESS GETATTR LOOKUP LOOKUPP LOOKUP_ROOT REMOVE RENAME LINK SYMLINK CREATE PATHCONF STATFS READLINK READDIR SERVER_CAPS
  DELEGRETURN GETACL SETACL FS_LOCATIONS RELEASE_LOCKOWNER SECINFO FSID_PRESENT EXCHANGE_ID CREATE_SESSION DESTROY_SESSION SEQUENCE
  GET_LEASE_TIME RECLAIM_COMPLETE LAYOUTGET GETDEVICEINFO LAYOUTCOMMIT LAYOUTRETURN SECINFO_NO_NAME TEST_STATEID FREE_STATEID
  GETDEVICELIST BIND_CONN_TO_SESSION DESTROY_CLIENTID SEEK ALLOCATE DEALLOCATE ZERO_RANGE LAYOUTSTATS CLONE COPY OFFLOAD_CANCEL
  OFFLOAD_STATUS LAYOUTERROR COPY_NOTIFY GETXATTR SETXATTR LISTXATTRS REMOVEXATTR READ_PLUS`);

interface Table {
  readonly names: readonly string[];
  /** Whether the kernel's number of a procedure is its place among the names. */
  readonly numbered: boolean;
}

const tables: Readonly<Record<string, Table>> = {
  '100003 2': { names: version2, numbered: true },
  '100003 3': { names: version3, numbered: true },
  '100003 4': { names: version4, numbered: false },
};

// The kernel's names for what it calls beside NFS, in any version.
const beside: Readonly<Record<number, readonly string[]>> = {
  [rpcProgram.nfsacl]: list('NULL GETACL SETACL'),
  [rpcProgram.lockd]: list(`
    NULL TEST LOCK CANCEL UNLOCK GRANTED TEST_MSG LOCK_MSG CANCEL_MSG UNLOCK_MSG GRANTED_MSG TEST_RES LOCK_RES CANCEL_RES UNLOCK_RES
    GRANTED_RES`),
  [rpcProgram.statd]: list('NULL MONITOR UNMONITOR'),
  [rpcProgram.mount]: list('NULL MOUNT UMOUNT'),
  [rpcProgram.rpcbind]: list('NULL SET UNSET GETPORT GETADDR'),
};

const tableOf = (program: number, version: number): Table | undefined => {
  const names = beside[program];
  return names === undefined ? tables[`${program} ${version}`] : { names, numbered: false };
};

/** The protocol's name of a procedure the kernel has no name for. */
export const procedureName = (program: number, version: number, number: number): string => {
  const table = tableOf(program, version);
  if (number === 0) return 'NULL';
  return (table?.numbered ? table.names[number] : undefined) ?? `PROCEDURE_${number}`;
};

/** Whether the kernel's name and number of a procedure are those of the protocol. */
export const isProcedure = (program: number, version: number, number: number, name: string): boolean => {
  const table = tableOf(program, version);
  if (table === undefined) return false;
  return table.numbered ? table.names[number] === name : table.names.includes(name);
};
