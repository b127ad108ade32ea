import type { Reader } from '../reader.ts';
import { FILES } from './files.ts';
import { JOBS, STORED } from './queue.ts';
import { SLACK } from './slack.ts';
import { JAEGER, JAEGER_V3, KTRDR, OTLP } from './traces.ts';
import { TYPED } from './typed.ts';

export const READERS: readonly Reader[] = [JAEGER, JAEGER_V3, OTLP, KTRDR, SLACK, JOBS, STORED, TYPED, FILES];
