// The API server, and what it says no to.
export { ApiError, apiServer, paced, type Access, type ApiRequest, type ApiServer, type Patience } from './api-server.ts';
// How long it is left alone.
export { pause } from './pause.ts';
// Where it is and who asks.
export { accessOf, serviceAccountAccess } from './access.ts';
export { kubeconfigAccess, type KubeconfigSettings } from './kubeconfig.ts';
// What a configuration says of both.
export { accessFields, type AccessSettings } from './access-fields.ts';
export { nodeName, requireNodeName, type NodeSettings } from './node-name.ts';
