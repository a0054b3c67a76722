// For a list of components.
export { factory as memoryLimiterFactory } from './factory.ts';
// For a program of one's own: the processor, what it sheds, and where it looks.
export { memoryLimiter, shedEvents, shedNothing, type MemoryLimiter } from './memory-limiter.ts';
export { levelOf, limitsOf, usageOf, type Level, type Limits } from './limits.ts';
export { processMemory, type Memory, type MemoryReading } from './memory.ts';
export { config as memoryLimiterConfig, type Config as MemoryLimiterConfig } from './config.ts';
