// For a list of components.
export { factory as zpagesFactory } from './factory.ts';
// For a program of one's own: the extension, and the pages as text.
export { zpages, type Zpages } from './zpages.ts';
export { pipelinesPage, servicePage, type About } from './pages.ts';
export { config as zpagesConfig, type Config as ZpagesConfig } from './config.ts';
