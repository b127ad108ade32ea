import { startFakeSlack, startRecordedJaeger, startRecordedKtrdr, readRecordedTraces } from '@ktrdr-bot/local-slack';
import { readdirSync } from 'node:fs';
const dir='/work/wt-deploy/fixtures/data-missing/not-cached/06a-backtest-no-data';
const slack = await startFakeSlack({ port: 4801 });
const jaeger = await startRecordedJaeger({ version:'2.20', traces: await readRecordedTraces([dir]), port: 4802 });
const ktrdr = await startRecordedKtrdr({ fixtureDirs:[dir], port: 4803 });
console.log(slack.apiUrl, slack.team.botToken, slack.appToken, jaeger.url, ktrdr.url);
