import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// Beside this file after a build; beside the bundle when the agent is one file.
const places = ['./dist/nfscope.node', './nfscope.node'].map((place) => fileURLToPath(new URL(place, import.meta.url)));

/** @type {{ Session: typeof import('./index.js').Session, parameters: typeof import('./index.js').parameters } | undefined} */
let addon;

function load() {
  const place = places.find((one) => existsSync(one));
  try {
    if (place !== undefined) return createRequire(import.meta.url)(place);
  } catch (cause) {
    throw Object.assign(new Error(`the native addon ${place} cannot be loaded: ${cause.message}`, { cause }), { code: 'ERR_ADDON_LOAD' });
  }
  throw Object.assign(new Error(`the native addon is not there: ${places.join(' or ')}`), { code: 'ERR_ADDON_MISSING' });
}

export function open(object, options) {
  addon ??= load();
  return new addon.Session(object, options);
}

export function parameters(functions) {
  addon ??= load();
  return addon.parameters(functions);
}

export const fieldType = { u8: 1, u16: 2, u32: 3, s32: 4, u64: 5 };
