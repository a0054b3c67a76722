// The tests every component gets, and what a component's own tests need.
export { context, describeComponent, emptyHost, type ComponentCase } from './describe-component.ts';
export { recordingLogger, type LogRecord } from './recording-logger.ts';
export { fieldsWithoutDefault, undescribedFields, unsetFields } from './config-fields.ts';
