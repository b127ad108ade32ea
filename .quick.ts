// usage: tsx quick.ts ROOT [names...]: in-process check of all four sets
const root = process.argv[2]!; const only = process.argv.slice(3);
const { incidentsIn, caseOf, acceptedCauses } = await import(`${root}/test/support/incidents.ts`);
const { diagnose } = await import(`${root}/src/diagnosis/diagnose.ts`);
let ok = 0, bad = 0;
for (const set of ['ktrdr','documented','beyond','ktrdr-2']) {
  let o = 0, b = 0;
  for (const inc of incidentsIn(`/work/shared/traces/${set}`)) {
    if (only.length && !only.some((w) => inc.name.includes(w))) continue;
    const lines = new Map<string, string[]>();
    for (const api of [true, false]) for (const dialect of ['legacy','v3']) {
      const problems: string[] = [];
      let d: any;
      try { d = diagnose(caseOf(inc, dialect, { api }), { deployment: inc.expected.env?.KTRDR_DEPLOYMENT ?? 'local', apiUrl: null, publicApiUrl: null }); }
      catch (e: any) { problems.push('THROWS ' + e.stack.split('\n').slice(0,3).join(' ')); }
      if (d) {
        const fs = [d.primary, ...d.others].filter(Boolean);
        if (inc.expected.healthy) { const a = fs.filter((f: any) => f.severity !== 'notice').map((f: any) => f.cause + '/' + f.confidence); if (a.length) problems.push('false alarm ' + a); }
        else { const got = d.primary?.cause ?? d.verdict; if (!acceptedCauses(inc, { api }).some((c: string) => got.startsWith(c))) problems.push(`want ${acceptedCauses(inc, { api })} got ${got} ${d.primary?.confidence}: ${d.headline}`); }
        const text = JSON.stringify(d).toLowerCase();
        for (const w of inc.expected.must ?? []) if (!text.includes(w.toLowerCase())) problems.push(`lacks '${w}'`);
        const first = JSON.stringify({ a: d.primary?.headline, b: d.primary?.explanation, c: d.primary?.fixes }).toLowerCase();
        for (const w of inc.expected.mustNot ?? []) if (first.includes(w.toLowerCase())) problems.push(`says '${w}'`);
        if (inc.expected.notCertain && d.primary?.confidence === 'certain') problems.push('is certain');
      }
      const key = problems.join('; ');
      if (key) { b++; lines.set(key, [...(lines.get(key) ?? []), `${api ? 'both' : 'traces'}/${dialect}`]); } else o++;
    }
    for (const [k, v] of lines) console.log(`${inc.name} [${v.length === 4 ? 'all' : v}] ${k}`);
  }
  console.log(`-- ${set}: ${o} ok, ${b} bad`); ok += o; bad += b;
}
console.log(ok, bad);
