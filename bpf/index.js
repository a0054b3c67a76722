import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Beside this file after a build; beside the bundle when the agent is one file.
const places = ['./dist/nfs.bpf.o', './nfs.bpf.o'].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** File of the compiled program. */
export const objectFile = places.find((place) => existsSync(place)) ?? places[0];
