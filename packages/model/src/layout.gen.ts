// Generated from the BTF of bpf/dist/nfs.bpf.o by `npm run generate`. Do not edit.

/** Changes with every change of a layout: a recording or an object with another one is refused. */
export const layoutHash = '7132091a676707af';

/** `struct nfs_totals` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsTotals = {
  size: 776,
  fields: {
    cgroup: { offset: 0, type: 'u64', count: 1 },
    procedure: { offset: 8, type: 'u64', count: 1 },
    client: { offset: 16, type: 'u32', count: 1 },
    error: { offset: 20, type: 'u16', count: 1 },
    charge: { offset: 22, type: 'u8', count: 1 },
    kind: { offset: 23, type: 'u8', count: 1 },
    program: { offset: 24, type: 'u32', count: 1 },
    version: { offset: 28, type: 'u16', count: 1 },
    index: { offset: 30, type: 'u16', count: 1 },
    operation: { offset: 32, type: 'u8', count: 24 },
    bytes: { offset: 56, type: 'u64', count: 1 },
    requested: { offset: 64, type: 'u64', count: 1 },
    sent: { offset: 72, type: 'u64', count: 1 },
    received: { offset: 80, type: 'u64', count: 1 },
    retransmits: { offset: 88, type: 'u64', count: 1 },
    timeouts: { offset: 96, type: 'u64', count: 1 },
    durationSum: { offset: 104, type: 'u64', count: 1 },
    rttSum: { offset: 112, type: 'u64', count: 1 },
    queueSum: { offset: 120, type: 'u64', count: 1 },
    duration: { offset: 128, type: 'u64', count: 20 },
    rtt: { offset: 288, type: 'u64', count: 20 },
    queue: { offset: 448, type: 'u64', count: 20 },
    size: { offset: 608, type: 'u64', count: 20 },
    count: { offset: 768, type: 'u64', count: 1 },
  },
} as const;

/** `struct nfs_event` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsEvent = {
  size: 88,
  fields: {
    time: { offset: 0, type: 'u64', count: 1 },
    duration: { offset: 8, type: 'u64', count: 1 },
    rtt: { offset: 16, type: 'u64', count: 1 },
    queue: { offset: 24, type: 'u64', count: 1 },
    file: { offset: 32, type: 'u64', count: 1 },
    offset: { offset: 40, type: 'u64', count: 1 },
    row: { offset: 48, type: 'u32', count: 1 },
    status: { offset: 52, type: 's32', count: 1 },
    bytes: { offset: 56, type: 'u32', count: 1 },
    requested: { offset: 60, type: 'u32', count: 1 },
    sent: { offset: 64, type: 'u32', count: 1 },
    received: { offset: 68, type: 'u32', count: 1 },
    owner: { offset: 72, type: 'u32', count: 1 },
    uid: { offset: 76, type: 'u32', count: 1 },
    xid: { offset: 80, type: 'u32', count: 1 },
    transmissions: { offset: 84, type: 'u16', count: 1 },
    timeouts: { offset: 86, type: 'u16', count: 1 },
  },
} as const;

/** `struct nfs_cgroup` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsCgroup = {
  size: 1048,
  fields: {
    identity: { offset: 0, type: 'u32', count: 1 },
    length: { offset: 4, type: 'u32', count: 1 },
    id: { offset: 8, type: 'u64', count: 1 },
    levels: { offset: 16, type: 'u32', count: 1 },
    truncated: { offset: 20, type: 'u32', count: 1 },
    path: { offset: 24, type: 'u8', count: 1024 },
  },
} as const;

/** `struct nfs_client` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsClient = {
  size: 128,
  fields: {
    identity: { offset: 0, type: 'u32', count: 1 },
    client: { offset: 4, type: 'u32', count: 1 },
    program: { offset: 8, type: 'u32', count: 1 },
    version: { offset: 12, type: 'u32', count: 1 },
    protocol: { offset: 16, type: 'u32', count: 1 },
    parents: { offset: 20, type: 'u32', count: 3 },
    address: { offset: 32, type: 'u8', count: 32 },
    server: { offset: 64, type: 'u8', count: 64 },
  },
} as const;

/** `struct nfs_process` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsProcess = {
  size: 312,
  fields: {
    identity: { offset: 0, type: 'u32', count: 1 },
    tgid: { offset: 4, type: 'u32', count: 1 },
    start: { offset: 8, type: 'u64', count: 1 },
    since: { offset: 16, type: 'u64', count: 1 },
    cgroup: { offset: 24, type: 'u64', count: 1 },
    uid: { offset: 32, type: 'u32', count: 1 },
    environment: { offset: 36, type: 'u32', count: 1 },
    comm: { offset: 40, type: 'u8', count: 16 },
    job: { offset: 56, type: 'u8', count: 256 },
  },
} as const;

/** `struct nfs_exit` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsExit = {
  size: 8,
  fields: {
    identity: { offset: 0, type: 'u32', count: 1 },
    tgid: { offset: 4, type: 'u32', count: 1 },
  },
} as const;

/** `struct nfs_file` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsFile = {
  size: 536,
  fields: {
    identity: { offset: 0, type: 'u32', count: 1 },
    client: { offset: 4, type: 'u32', count: 1 },
    file: { offset: 8, type: 'u64', count: 1 },
    length: { offset: 16, type: 'u32', count: 1 },
    truncated: { offset: 20, type: 'u32', count: 1 },
    path: { offset: 24, type: 'u8', count: 512 },
  },
} as const;

/** `struct nfs_superblock` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsSuperblock = {
  size: 136,
  fields: {
    device: { offset: 0, type: 'u64', count: 1 },
    identity: { offset: 8, type: 'u32', count: 1 },
    client: { offset: 12, type: 'u32', count: 1 },
    program: { offset: 16, type: 'u32', count: 1 },
    version: { offset: 20, type: 'u32', count: 1 },
    protocol: { offset: 24, type: 'u32', count: 1 },
    parents: { offset: 28, type: 'u32', count: 3 },
    address: { offset: 40, type: 'u8', count: 32 },
    server: { offset: 72, type: 'u8', count: 64 },
  },
} as const;

/** `struct nfs_mount` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsMount = {
  size: 1312,
  fields: {
    device: { offset: 0, type: 'u64', count: 1 },
    namespace: { offset: 8, type: 'u32', count: 1 },
    root: { offset: 12, type: 'u32', count: 1 },
    point: { offset: 16, type: 'u32', count: 1 },
    length: { offset: 20, type: 'u32', count: 1 },
    truncated: { offset: 24, type: 'u32', count: 1 },
    id: { offset: 28, type: 'u32', count: 1 },
    source: { offset: 32, type: 'u8', count: 256 },
    names: { offset: 288, type: 'u8', count: 1024 },
  },
} as const;

/** `struct nfs_task` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsTask = {
  size: 80,
  fields: {
    cgroup: { offset: 0, type: 'u64', count: 1 },
    start: { offset: 8, type: 'u64', count: 1 },
    file: { offset: 16, type: 'u64', count: 1 },
    offset: { offset: 24, type: 'u64', count: 1 },
    client: { offset: 32, type: 'u32', count: 1 },
    program: { offset: 36, type: 'u32', count: 1 },
    owner: { offset: 40, type: 'u32', count: 1 },
    bytes: { offset: 44, type: 'u32', count: 1 },
    version: { offset: 48, type: 'u16', count: 1 },
    transmissions: { offset: 50, type: 'u16', count: 1 },
    timeouts: { offset: 52, type: 'u16', count: 1 },
    charge: { offset: 54, type: 'u8', count: 1 },
    kind: { offset: 55, type: 'u8', count: 1 },
    operation: { offset: 56, type: 'u8', count: 24 },
  },
} as const;

/** `struct nfs_loss` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsLoss = {
  size: 40,
  fields: {
    events: { offset: 0, type: 'u64', count: 1 },
    identities: { offset: 8, type: 'u64', count: 1 },
    rows: { offset: 16, type: 'u64', count: 1 },
    torn: { offset: 24, type: 'u64', count: 1 },
    tasks: { offset: 32, type: 'u64', count: 1 },
  },
} as const;

/** `struct nfs_tenure` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */
export const nfsTenure = {
  size: 16,
  fields: {
    holder: { offset: 0, type: 'u64', count: 1 },
    startMs: { offset: 8, type: 'u64', count: 1 },
  },
} as const;

/** `enum nfs_kind` of bpf/nfs_event.h. */
export const nfsKind = {
  OTHER: 0,
  READ: 1,
  WRITE: 2,
  COMMIT: 3,
  DIRECT_READ: 4,
  DIRECT_WRITE: 5,
  VFS: 6,
} as const;

/** `enum nfs_vfs` of bpf/nfs_event.h. */
export const nfsVfs = {
  READ: 0,
  WRITE: 1,
  SPLICE: 2,
  FAULT: 3,
  WRITE_FAULT: 4,
} as const;

/** `enum nfs_charge` of bpf/nfs_event.h. */
export const nfsCharge = {
  UNKNOWN: 0,
  SUBMITTER: 1,
  PAGE: 2,
  SYSTEM: 3,
  OTHER: 4,
  OPENER: 5,
} as const;

/** `enum nfs_events_mode` of bpf/nfs_event.h. */
export const nfsEventsMode = {
  OFF: 0,
  SLOW: 1,
  ALL: 2,
} as const;

/** `enum nfs_identity` of bpf/nfs_event.h. */
export const nfsIdentity = {
  CGROUP: 1,
  CLIENT: 2,
  PROCESS: 3,
  EXIT: 4,
  FILE: 5,
} as const;

/** `enum nfs_hierarchy` of bpf/nfs_event.h. */
export const nfsHierarchy = {
  V2: 0,
  MEMORY: 1,
  PIDS: 2,
  CPU: 3,
} as const;

/** `enum nfs_environment` of bpf/nfs_event.h. */
export const nfsEnvironment = {
  UNREAD: 0,
  READ: 1,
} as const;

/** `enum nfs_walk` of bpf/nfs_event.h. */
export const nfsWalk = {
  SUPERBLOCKS: 0,
  MOUNTS: 1,
  TASKS: 2,
} as const;

/** Bytes of the key and the value of each map: what is pinned is taken over only by a program with the same. */
export const mapSizes = {
  tasks: [4, 80],
  loss: [4, 40],
  mounts: [4, 1312],
  stages: [4, 4],
  multi_stages: [4, 4],
  callbacks: [4, 16],
  scratch: [4, 736],
  draft: [4, 1184],
  owners: [4, 32],
  openers: [8, 24],
  cgroups: [8, 4],
  files: [16, 8],
  clients: [4, 4],
  rows: [24, 4],
  free_rows: [0, 4],
  spare_rows: [0, 4],
  totals: [4, 776],
  superblocks: [4, 136],
  tenure: [4, 16],
  beat: [4, 8],
  saved: [4, 4096],
  counting: [4, 4],
  events: [0, 0],
  identities: [0, 0],
} as const;
