// A real kube-apiserver with etcd and RBAC, where `npm run kubernetes` has built them.
export { manifest, noKubernetes, optionalManifests, RealApiServer, type Json } from './real-api-server.ts';
// A stand-in for the faults that a real one does not show on demand.
export { makeServiceAccount, noOpenssl, refuse, ScriptedApiServer, type PodObject, type SeenRequest } from './scripted-api-server.ts';
