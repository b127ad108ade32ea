/** The style of the page. Colors follow the system, or the theme that the reader chose. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fff, #1a1d21); --words: light-dark(#1d1c1d, #e8e8e8); --quiet: light-dark(#5c5b5c, #b3b3b5);
  --panel: light-dark(#f5f5f5, #26292e); --line: light-dark(#d5d5d5, #43474e); --link: light-dark(#0b5cad, #7cbcff);
  --failed: light-dark(#b71c1c, #ff8a80); --chosen: light-dark(#dcebfa, #1f3a56); --found: light-dark(#fff3c4, #4d4216);
  --c0: light-dark(#0072b2, #56b4e9); --c1: light-dark(#a35c00, #e69f00); --c2: light-dark(#007a5a, #2fbf95);
  --c3: light-dark(#a3407a, #e08bbd); --c4: light-dark(#6b5b00, #d8c93a); --c5: light-dark(#7a4b2a, #c99672);
  --c6: light-dark(#5f5f5f, #a5a5a5);
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--words); font: 16px/1.5 system-ui, sans-serif; max-width: 90rem; margin: 1rem auto 3rem; padding: 0 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
h3 { font-size: 1rem; margin: 0; }
h4 { font-size: .9rem; margin: 1rem 0 .25rem; }
p, ul { margin: .5rem 0; max-width: 60rem; }
ul { padding-left: 1.25rem; }
.note { color: var(--quiet); font-size: .9rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .75rem; margin: .5rem 0; overflow-x: auto; overflow-wrap: normal; font-size: .85rem; max-width: 60rem; }
pre.command { user-select: all; }
code { font-family: ui-monospace, monospace; font-size: .9em; background: var(--panel); border-radius: 3px; padding: 0 .2em; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 1px; }
.skip { position: absolute; left: -100vw; background: var(--ground); padding: .5rem; z-index: 3; }
.skip:focus { left: .5rem; top: .5rem; }
button, input[type=search] { font: inherit; font-size: .9rem; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 6px; padding: .25rem .6rem; min-height: 2rem; }
button { cursor: pointer; }
button:hover { background: var(--panel); }
#theme { float: right; margin-left: 1rem; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .75rem 0 .5rem; font-size: .9rem; }
.tools input[type=search] { width: min(20rem, 100%); }
.tools label { display: inline-flex; gap: .4rem; align-items: center; }
.flow { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; align-items: start; }
.scroller { position: relative; border: 1px solid var(--line); border-radius: 6px; max-height: 70vh; overflow: auto; font-size: .85rem; }
.axis, .row { display: grid; grid-template-columns: minmax(14rem, 1fr) 5.5rem minmax(8rem, 36%); column-gap: .5rem; padding-right: .75rem; }
.axis { position: sticky; top: 0; z-index: 2; background: var(--panel); border-bottom: 1px solid var(--line); color: var(--quiet); line-height: 1.75rem; }
.axis :first-child { padding-left: .5rem; }
.axis :nth-child(2), .duration { text-align: right; }
.ticks { display: flex; justify-content: space-between; }
[role=tree] { position: relative; }
.row { position: absolute; left: 0; right: 0; height: 28px; line-height: 28px; white-space: nowrap; cursor: default; }
.row:focus-visible { outline-offset: -3px; }
.row:hover { background: var(--panel); }
.row.found { background: var(--found); }
.row[aria-selected=true] { background: var(--chosen); }
.name { overflow: hidden; text-overflow: ellipsis; }
.twisty { display: inline-block; width: 1.3rem; text-align: center; color: var(--quiet); cursor: pointer; }
[aria-expanded=false] > .name > .twisty::before { content: "▸"; }
[aria-expanded=true] > .name > .twisty::before { content: "▾"; }
.mark { display: inline-block; width: 1rem; font-weight: bold; text-align: center; }
.failed .mark, .failed .title { color: var(--failed); }
.culprit .title { font-weight: bold; }
.service, .below { color: var(--quiet); margin-left: .6em; }
.found .service, .found .below, [aria-selected=true] .service, [aria-selected=true] .below { color: inherit; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.track { position: relative; height: 28px; }
.bar { position: absolute; top: 9px; height: 10px; min-width: 3px; border-radius: 2px; }
.critical .bar { border-bottom: 3px solid var(--words); height: 13px; }
.failed .bar { outline: 2px solid var(--failed); outline-offset: 1px; }
.gap .bar { background: none; border: 2px dashed var(--words); }
.c0 { background: var(--c0); } .c1 { background: var(--c1); } .c2 { background: var(--c2); } .c3 { background: var(--c3); }
.c4 { background: var(--c4); } .c5 { background: var(--c5); } .c6 { background: var(--c6); }
.details { border: 1px solid var(--line); border-radius: 6px; padding: .75rem; font-size: .85rem; overflow: auto; max-height: 70vh; }
.details header { display: flex; gap: 1rem; justify-content: space-between; align-items: start; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .15rem .75rem .15rem 0; border-top: 1px solid var(--line); }
th { font-weight: normal; color: var(--quiet); width: 14rem; max-width: 40%; }
td { white-space: pre-wrap; font-family: ui-monospace, monospace; }
@media (min-width: 80rem) {
  .flow.open { grid-template-columns: minmax(0, 3fr) minmax(22rem, 2fr); }
  .flow.open th { width: 10.5rem; }
}
@media (max-width: 45rem) {
  body { padding: 0 .75rem; }
  #theme:not([hidden]) { float: none; display: block; margin-left: auto; }
  .axis, .row { grid-template-columns: minmax(0, 1fr) 5rem; }
  .track, .ticks { display: none; }
  .scroller, .details { max-height: 45vh; }
  th { width: 8rem; }
}
@media print {
  :root, :root[data-theme] { color-scheme: light; }
  body { margin: 0; font-size: 11pt; }
  .skip, #theme, .tools, .span-link, .details button { display: none; }
  .scroller, .details { max-height: none; overflow: visible; border: 0; }
  [role=tree] { height: auto !important; }
  .row { position: static; break-inside: avoid; white-space: normal; height: auto; }
  .axis { position: static; }
  .bar { print-color-adjust: exact; }
  pre { white-space: pre-wrap; }
}
`;
