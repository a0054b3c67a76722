// The component, for a configuration.
export { factory as k8sAttributesFactory } from './factory.ts';
// The component, for a program of one's own.
export { config as k8sAttributesConfig, type Config as K8sAttributesConfig } from './config.ts';
export { k8sAttributes } from './k8s-attributes.ts';
