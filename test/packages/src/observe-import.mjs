// Imports what its argument names, and prints as JSON what that did besides defining things. Run in the folder of a project.
import childProcess from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import process from 'node:process';
import timers from 'node:timers';
import workerThreads from 'node:worker_threads';

const calls = [];

/** Whether the call comes from Node's own loader, by way of node:fs perhaps: it reads the files that are imported. */
const ofLoader = () => {
  const callers = new Error('where').stack.split('\n').slice(3);
  return callers.find((line) => !/\(?node:fs:/.test(line) && !line.includes(import.meta.url))?.includes('node:internal/modules/') ?? false;
};

const watch = (name, object) => {
  for (const key of Object.keys(object)) {
    const original = object[key];
    if (typeof original !== 'function' || /^[A-Z_]/.test(key)) continue;
    object[key] = function (...args) {
      if (!ofLoader()) calls.push(`${name}.${key}(${String(args[0]).slice(0, 100)})`);
      return Reflect.apply(original, this, args);
    };
  }
};

const listeners = () => process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
const globals = () => Reflect.ownKeys(globalThis).map(String);
const state = () => ({ listeners: listeners(), globals: globals(), resources: process.getActiveResourcesInfo() });

for (const [name, object] of Object.entries({ childProcess, dns, fs, 'fs.promises': fs.promises, net, timers, workerThreads }))
  watch(name, object);
// Those who make one themselves, with `new`.
const watchMethod = (name, prototype, key) => {
  const original = prototype[key];
  prototype[key] = function (...args) {
    calls.push(`${name}.${key}`);
    return Reflect.apply(original, this, args);
  };
};
watchMethod('Socket', net.Socket.prototype, 'connect');
watchMethod('Server', net.Server.prototype, 'listen');
syncBuiltinESMExports();

const before = state();
await import(process.argv[2]);
const after = state();
const added = (kind) => after[kind].filter((one) => !before[kind].includes(one));
const seen = { calls: [...calls], listeners: added('listeners'), globals: added('globals'), resources: added('resources') };
process.stdout.write(JSON.stringify(seen));
// What it left open is told, and must not keep this process.
process.exit();
