/** The report's style: light or dark as the reader's system is; no file, font or script from anywhere. */
export const STYLE: string = `
:root{color-scheme:light dark;--back:#fff;--fore:#1c2330;--soft:#5b6575;--line:#d9dee6;--reference:#8796ad;--current:#d9662b;--drift:#b3261e;--card:#f7f8fa}
@media (prefers-color-scheme:dark){:root{--back:#14171c;--fore:#e6e9ee;--soft:#9aa4b2;--line:#333a45;--reference:#64748b;--current:#f08a4b;--drift:#ff8a80;--card:#1b1f26}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem;background:var(--back);color:var(--fore);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
p{margin:.4rem 0}.soft{color:var(--soft)}.drift{color:var(--drift);font-weight:600}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:break-word;min-width:7rem;max-width:16rem}
.wide{overflow-x:auto}a{color:inherit}
article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;margin:.75rem 0}
article header{display:flex;justify-content:space-between;gap:1rem}
ul{margin:.4rem 0;padding-left:1.2rem}dt{font-weight:600;margin-top:.5rem}dd{margin:0}
svg{width:100%;height:auto;margin:.5rem 0}.reference{fill:var(--reference)}.current{fill:var(--current)}
.axis{stroke:var(--line)}.label,.scale{fill:var(--soft);font-size:11px}
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.3em}.key.reference{background:var(--reference)}.key.current{background:var(--current)}
`;
