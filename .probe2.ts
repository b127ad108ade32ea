import { readFileSync } from 'node:fs';
import { readTraceDocument } from './src/adapters/jaeger/read.ts';
import { excessTimes } from './src/diagnosis/timing/blame.ts';
import { groupBy } from './src/diagnosis/timing/group-by.ts';
const [pack, n, only] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const ls = JSON.parse(readFileSync(`../shared/traces/${pack}/labels.json`,'utf8'));
const l = ls[n];
const doc = readTraceDocument(JSON.parse(readFileSync(`../shared/traces/${pack}/${l.file}`,'utf8')));
const by = new Map(doc.traces.map(t=>[t.traceId,t]));
const f = (ids)=>ids.flatMap(i=>by.get(i.toLowerCase().padStart(32,'0'))??[]);
const usual=f(l.baseline_trace_ids);
console.log(l.file, usual.length);
for (const t of f(l.fault_trace_ids)) {
  const b=excessTimes([t], usual);
  const total=b.reduce((a,x)=>a+x.length,0), ex=b.reduce((a,x)=>a+x.excess,0);
  console.log('---', t.spans.length, 'total', total/1000, 'excess', ex/1000, 'known-less', b.filter(x=>x.excess===x.length).reduce((a,x)=>a+x.excess,0)/1000);
  for (const x of [...b].sort((a,b)=>b.excess-a.excess).slice(0,Number(process.argv[4]??7))) console.log('   ',x.caller,'->',x.service,x.span.name.slice(-50),'len',(x.length/1000).toFixed(1),'ex',(x.excess/1000).toFixed(1), x.answered?'':'(self)', x.excess===x.length?'NEW':'');
}
