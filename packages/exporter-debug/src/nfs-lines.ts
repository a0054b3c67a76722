import { pathOf, processOf, type NfsBatch } from '@nfscope/model';
import { printable } from '@nfscope/pipeline';
import { attributeText } from './attribute-text.ts';
import type { Config } from './config.ts';

/** A batch of operations as lines: one for all of it, and when detailed one for each row of totals that changed, single operation, operation in flight, and mount. */
export function* nfsLines(batch: NfsBatch, verbosity: Config['verbosity']): Iterable<string> {
  const { sources, changedSources, totals, events, lost } = batch;
  const losses = Object.entries(lost).map(([kind, count]) => `lost_${kind}=${count}`);
  yield [
    `${new Date(batch.timeMs).toISOString()} nfs`,
    `sources=${sources.length}`,
    `changed=${changedSources.length}`,
    `rows=${totals.length}`,
    `events=${events.length}`,
    ...losses,
  ].join(' ');
  if (verbosity === 'basic') return;
  for (let i = 0; i < totals.length; i++) {
    const source = sources.at(totals.source[i]!);
    const operation = batch.operations[totals.operation[i]!]!;
    yield [
      `  row=${totals.row[i]} ${operation.name} version=${operation.version} error=${totals.error[i]}`,
      `count=${totals.count[i]} bytes=${totals.bytes[i]} sent=${totals.sent[i]} received=${totals.received[i]}`,
      `duration=${totals.durationSum[i]}s rtt=${totals.rttSum[i]}s queue=${totals.queueSum[i]}s`,
      attributeText(source.resource, source.attributes),
    ].join(' ');
  }
  for (let i = 0; i < events.length; i++) {
    const source = sources.at(events.source[i]!);
    const operation = batch.operations[events.operation[i]!]!;
    const process = processOf(batch, i);
    const path = pathOf(batch, i);
    yield [
      `  event=${operation.name} version=${operation.version} error=${events.error[i]} xid=${events.xid[i]}`,
      `duration=${events.duration[i]}s rtt=${events.rtt[i]}s queue=${events.queue[i]}s bytes=${events.bytes[i]} offset=${events.offset[i]}`,
      `uid=${events.uid[i]} tgid=${events.owner[i]}${process === undefined ? '' : ` comm=${quoted(process.comm)}`}`,
      `file=${events.file[i]}${path === undefined ? '' : ` path=${quoted(path)}`}`,
      attributeText({ ...source.resource, ...process?.job }, source.attributes),
    ].join(' ');
  }
  const { inflight } = batch;
  for (let i = 0; i < (inflight?.length ?? 0); i++) {
    const source = sources.at(inflight!.source[i]!);
    const operation = batch.operations[inflight!.operation[i]!]!;
    yield [
      `  inflight ${operation.name} version=${operation.version} age=${inflight!.age[i]}s process=${inflight!.owner[i]}`,
      `bytes=${inflight!.bytes[i]} file=${inflight!.file[i]} offset=${inflight!.offset[i]}`,
      `transmissions=${inflight!.transmissions[i]} timeouts=${inflight!.timeouts[i]}`,
      attributeText(source.resource, source.attributes),
    ].join(' ');
  }
  for (const { device, client, mounts } of batch.superblocks ?? []) {
    yield `  superblock ${device} client=${client.id}`;
    // Names may be anything.
    for (const { namespace, source, point } of mounts ?? []) yield `    mount ${printable(source)} on ${printable(point)} in ${namespace}`;
  }
}

const quoted = (text: string): string => printable(JSON.stringify(text));
