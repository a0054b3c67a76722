import type { Attributes, AttributeValue, Operation } from '@nfscope/model';
import { attribute, errorName, programName, rpcProgram } from '@nfscope/semconv';

/** An attribute that an operation of a source has in metrics; what the source says comes after what the operation is. */
export const operationAttribute = (
  key: string,
  source: Attributes,
  { kind, program, name, version }: Operation,
  error: number | undefined,
): AttributeValue | undefined => {
  const isNfs = program === rpcProgram.nfs;
  switch (key) {
    case attribute.ERROR_TYPE:
      return errorName(error ?? 0, version);
    case attribute.NFS_IO_VFS_CALL:
      return kind === 'vfs' ? name : undefined;
    case attribute.NFS_OPERATION_NAME:
      return kind !== 'vfs' && isNfs ? name : undefined;
    case attribute.ONC_RPC_PROCEDURE_NAME:
      return isNfs ? undefined : name;
    case attribute.ONC_RPC_PROGRAM_NAME:
      return isNfs ? undefined : programName(program);
    case attribute.ONC_RPC_VERSION:
      return version;
    default:
      return source[key];
  }
};
