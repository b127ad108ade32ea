export type { Exchange } from './local-server.ts';
export type { ReadFile } from './read-file.ts';
export type { Fault as JaegerFault } from './recorded-jaeger/fault.ts';
export { readRecordedTraces } from './recorded-jaeger/recordings.ts';
export { type RecordedJaeger, startRecordedJaeger } from './recorded-jaeger/server.ts';
export { JAEGER_VERSIONS, type JaegerVersion } from './recorded-jaeger/versions.ts';
export {
  type RecordedAction,
  type RecordedState,
  type ReplayedKtrdr,
  startReplayedKtrdr,
} from './recorded-ktrdr/replay.ts';
export { type Present, type RecordedKtrdr, startRecordedKtrdr } from './recorded-ktrdr/server.ts';
export { checkBlocks, countBlocks, interactiveElements } from './slack/block-kit/blocks.ts';
export { textLength } from './slack/block-kit/message-content.ts';
export { sentence } from './slack/block-kit/schema.ts';
export { readView } from './slack/block-kit/views.ts';
export { signature } from './slack/delivery/delivery.ts';
export { type FakeSlack, type FakeSlackOptions, startFakeSlack } from './slack/fake-slack.ts';
export { isList, isObject, type JsonObject, objectsOf, stringOf } from './slack/json.ts';
export type { Message, SlackFile, View } from './slack/state/model.ts';
export { DEFAULT_SCOPES } from './slack/state/seed.ts';
export type { Fault as SlackFault } from './slack/web-api/faults.ts';
export { type Step as WorkspaceStep, type Story, startWorkspace, type Workspace } from './workspace/workspace.ts';
