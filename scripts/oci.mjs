// An OCI image as one archive (https://github.com/opencontainers/image-spec), written without a Docker daemon.
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './step.mjs';

const media = (kind) => `application/vnd.oci.image.${kind}`;

// The same files give the same bytes: no clock, no user, no umask and no order of a file system is in an archive.
const reproducible = [
  ...['--format=ustar', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--hard-dereference'],
  '--mode=u=rwX,go=rX',
];

/**
 * Packs `folders`, one layer each from the lowest up, into `file`. `config` is the image's configuration without its rootfs,
 * `name` what containerd calls it after an import.
 */
export async function writeImage(file, { name, folders, config, annotations }) {
  mkdirSync(dirname(file), { recursive: true });
  const work = mkdtempSync(`${file}.`);
  try {
    const layout = join(work, 'layout');
    mkdirSync(join(layout, 'blobs', 'sha256'), { recursive: true });
    const layers = [];
    for (const folder of folders) {
      await archive(folder, join(work, 'layer'));
      // Not compressed: who pushes it does that, and what gzip makes of it differs from one zlib to another.
      layers.push(await take(layout, join(work, 'layer'), media('layer.v1.tar')));
    }
    const blob = (kind, value) => {
      writeFileSync(join(work, 'blob'), JSON.stringify(value));
      return take(layout, join(work, 'blob'), media(kind));
    };
    const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
    const manifest = await blob('manifest.v1+json', {
      schemaVersion: 2,
      mediaType: media('manifest.v1+json'),
      config: await blob('config.v1+json', { ...config, rootfs }),
      layers,
      annotations,
    });
    const { architecture, os } = config;
    const names = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
    const index = {
      schemaVersion: 2,
      mediaType: media('index.v1+json'),
      manifests: [{ ...manifest, platform: { architecture, os }, annotations: names }],
    };
    writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
    writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    await archive(layout, join(work, 'image'));
    renameSync(join(work, 'image'), file);
    return { digest: manifest.digest, size: statSync(file).size };
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function archive(folder, file) {
  const names = readdirSync(folder).toSorted();
  const { status, output } = await run('tar', [...reproducible, '-C', folder, '-cf', file, ...names]);
  if (status !== 0) throw new Error(`tar: ${output.trim()}`);
}

/** Moves a file among the blobs and returns its descriptor. */
async function take(layout, file, mediaType) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const hex = hash.digest('hex');
  const { size } = statSync(file);
  renameSync(file, join(layout, 'blobs', 'sha256', hex));
  return { mediaType, digest: `sha256:${hex}`, size };
}
