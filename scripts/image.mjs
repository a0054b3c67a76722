// `npm run image`: the agent as an OCI image, deploy/dist/nfscope.oci.tar: Node, the libraries it and the addon load, the
// bundle. `--reuse` takes the libraries of the last time, without the network. docs/adr/0006-oci-image.md says why so.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeRelease, releases } from './node-release.mjs';
import { writeImage } from './oci.mjs';
import { setup } from './setup.mjs';
import { root, run, seconds, step } from './step.mjs';

/** What the tests run the bundle on too, and the sum of its program: another release is another line here. */
const node = { version: releases.at(-1), sha256: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c' };
/** Debian packages: shared libraries, and what says which licence they are under and what they are. */
const libraries = ['libc6', 'libelf1', 'libgcc-s1', 'libstdc++6', 'zlib1g'];
const texts = ['base-files', 'gcc-12-base', 'libbpf-dev'];
const multiarch = 'x86_64-linux-gnu';
const loader = 'ld-linux-x86-64.so.2';

const dist = join(root, 'deploy', 'dist');
const bundle = join(root, 'packages', 'agent', 'dist', 'bundle');
/** What Node is started with is for its memory. */
const {
  version,
  license,
  config: { nodeOptions, environment },
} = JSON.parse(readFileSync(join(root, 'packages', 'agent', 'package.json'), 'utf8'));

class Refusal extends Error {}

/** Runs a command and returns its output; `what` is missing when it fails. */
async function must(what, command, parameters, options = {}) {
  const { status, output } = await run(command, parameters, options);
  if (status !== 0) throw new Refusal(`${what}: ${output.trim().split('\n').slice(-3).join(' | ')}`);
  return output;
}

/** Node, and it is the one that was looked at when its version was written down. */
async function nodeProgram() {
  const program = await nodeRelease(node.version);
  if (program === undefined) throw new Refusal(`Node ${node.version} cannot be had`);
  const sum = createHash('sha256').update(readFileSync(program)).digest('hex');
  if (sum !== node.sha256) throw new Refusal(`${program} is not Node ${node.version} as it was: ${sum} instead of ${node.sha256}`);
  return program;
}

/** Brings the Debian packages, unpacked, into a folder that only this list of them uses. */
async function packages(reuse) {
  const key = createHash('sha256')
    .update(JSON.stringify([libraries, texts]))
    .digest('hex');
  const place = join(dist, `debian-${key.slice(0, 12)}`);
  if (reuse && existsSync(place)) return place;
  mkdirSync(dist, { recursive: true });
  const work = mkdtempSync(join(dist, '.debian-'));
  try {
    const from = performance.now();
    process.stdout.write(`${libraries.length + texts.length} Debian packages ... `);
    await bringDebian(work);
    process.stdout.write(`${seconds(from)}\n`);
    rmSync(place, { recursive: true, force: true });
    renameSync(work, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return place;
}

/** apt with lists of its own: those of the machine may be absent, old or not ours to write. Nothing is installed. */
async function bringDebian(work) {
  const [lists, debs] = [join(work, 'apt'), join(work, 'debs')];
  for (const folder of [join(lists, 'partial'), debs, join(work, 'status.d')]) mkdirSync(folder, { recursive: true });
  // The sandbox user _apt may not enter a home folder.
  const own = ['-q', '-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${lists}`, '-o', 'APT::Sandbox::User=root'];
  // Fails when any one of the machine's sources does; whether it mattered shows in the download.
  await run('apt-get', [...own, 'update']);
  await must('cannot download Debian packages', 'apt-get', [...own, 'download', ...libraries, ...texts], { cwd: debs });
  for (const file of readdirSync(debs).map((one) => join(debs, one))) {
    await must(`cannot unpack ${file}`, 'dpkg-deb', ['-x', file, join(work, 'root')]);
    const name = await must(`cannot read ${file}`, 'dpkg-deb', ['-f', file, 'Package']);
    writeFileSync(join(work, 'status.d', name.trim()), await must(`cannot read ${file}`, 'dpkg-deb', ['-f', file]));
  }
  for (const folder of [lists, debs]) rmSync(folder, { recursive: true });
}

/** The files below Node and the addon: what the loader of the image itself asks for, and nothing else. */
async function baseLayer(program, from, layer) {
  const debian = join(from, 'root');
  const put = (file, ...path) => {
    const place = join(layer, ...path);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(file, place);
  };
  const folders = ['lib', join('usr', 'lib')].map((folder) => join(debian, folder, multiarch)).filter((folder) => existsSync(folder));
  const interpreter = folders.map((folder) => join(folder, loader)).find((file) => existsSync(file));
  for (const binary of [program, join(bundle, 'nfscope.node')]) {
    const list = ['--inhibit-cache', '--library-path', folders.join(':'), '--list', binary];
    const output = await must(`the loader of the image cannot load ${basename(binary)}`, interpreter, list);
    for (const [, name, file] of output.matchAll(/^\s*(\S+) => (\S+) \(/gm)) {
      if (!file.startsWith(debian)) throw new Refusal(`${basename(binary)} needs ${name}, which no package of the image has`);
      if (basename(name) !== loader) put(file, 'usr', 'lib', multiarch, name);
    }
  }
  put(interpreter, 'lib64', loader);
  put(program, 'usr', 'bin', 'node');
  put(join(dirname(program), '..', 'LICENSE'), 'usr', 'share', 'doc', 'node', 'copyright');
  put(join(debian, 'usr', 'lib', 'os-release'), 'etc', 'os-release');
  cpSync(join(debian, 'usr', 'share', 'common-licenses'), join(layer, 'usr', 'share', 'common-licenses'), {
    recursive: true,
    dereference: true,
  });
  for (const name of [...libraries, ...texts])
    put(join(debian, 'usr', 'share', 'doc', name, 'copyright'), 'usr', 'share', 'doc', name, 'copyright');
  // Where scanners look for the packages of an image without dpkg. Headers alone do not make a package installed.
  for (const name of libraries) put(join(from, 'status.d', name), 'var', 'lib', 'dpkg', 'status.d', name);
}

function agentLayer(layer) {
  cpSync(bundle, join(layer, 'nfscope'), { recursive: true });
  const doc = join(layer, 'usr', 'share', 'doc', 'nfscope');
  mkdirSync(doc, { recursive: true });
  copyFileSync(join(root, 'LICENSE'), join(doc, 'LICENSE'));
  cpSync(join(root, 'LICENSES'), join(doc, 'LICENSES'), { recursive: true });
}

/** Of the commit, not of the clock: the same commit gives the same image. Nothing outside of git. */
async function commit() {
  const revision = await run('git', ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']);
  const time = await run('git', ['show', '--no-patch', '--format=%cd', '--date=format-local:%Y-%m-%dT%H:%M:%SZ', 'HEAD'], {
    env: { TZ: 'UTC' },
  });
  return revision.status === 0 && time.status === 0 ? { revision: revision.output.trim(), created: time.output.trim() } : undefined;
}

async function image(reuse) {
  const program = await nodeProgram();
  const from = await packages(reuse);
  const work = mkdtempSync(join(dist, '.layers-'));
  try {
    const [base, agent] = ['base', 'agent'].map((name) => join(work, name));
    await baseLayer(program, from, base);
    agentLayer(agent);
    const at = await commit();
    const labels = {
      'org.opencontainers.image.title': 'nfscope',
      'org.opencontainers.image.description': 'Which pod drives which NAS, with what latency',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': `${license} AND (GPL-2.0-only OR MIT)`,
      ...(at && { 'org.opencontainers.image.revision': at.revision, 'org.opencontainers.image.created': at.created }),
    };
    const file = join(dist, 'nfscope.oci.tar');
    const name = `localhost/nfscope:${version}`;
    const { digest, size } = await writeImage(file, {
      name,
      folders: [base, agent],
      annotations: labels,
      config: {
        ...(at && { created: at.created }),
        architecture: 'amd64',
        os: 'linux',
        config: {
          User: '0:0',
          Env: ['PATH=/usr/bin', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
          Entrypoint: ['node', ...nodeOptions, '/nfscope/nfscope.mjs'],
          Cmd: ['run'],
          ExposedPorts: { '9464/tcp': {} },
          Labels: labels,
        },
      },
    });
    process.stdout.write(`${name} ${digest}\n${(size / 1e6).toFixed(0)} MB in ${file.slice(root.length)}\n`);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function wanted() {
  try {
    return parseArgs({ options: { reuse: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new Refusal(`${error.message.split('. ')[0]}; the only option is --reuse`);
  }
}

try {
  const { reuse } = wanted();
  if (process.arch !== 'x64') throw new Refusal(`the image is made for x86-64 on x86-64, this is ${process.arch}`);
  const ready = await setup(['build']);
  if (ready !== 0) process.exit(ready);
  if (!(await step('bundle', 'node', ['scripts/bundle.mjs']))) process.exit(1);
  await image(reuse);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`image: ${error.message}\n`);
  process.exitCode = 2;
}
