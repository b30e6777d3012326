#include "eval/report.hpp"

namespace pmtune::eval {

// System fonts and plain CSS only: the page must open from a mail attachment, offline, in ten years.
const char* const report_style = R"CSS(
:root { color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1d2327; --soft: #5d666d; --line: #dfe1dd; --well: #f3f4f1;
  --good: #1a7f4b; --good-tint: #e3f4ea; --bad: #b3362b; --bad-tint: #fbe7e4; --open: #8a6100; --open-tint: #fbf1d7;
  --base: #6b7680; --tuned: #2b5fc0; --tuned-tint: #e7eefb; }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #14171a; --card: #1d2226; --ink: #e6e9eb; --soft: #9ba5ac; --line: #343b41; --well: #171b1e;
  --good: #5fcf92; --good-tint: #173425; --bad: #f08a7e; --bad-tint: #3d1f1c; --open: #e7bb55; --open-tint: #392e14;
  --base: #95a1aa; --tuned: #82abf5; --tuned-tint: #1b2a45; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 20px; margin: 44px 0 12px; }
h3 { font-size: 13px; margin: 28px 0 10px; color: var(--soft); text-transform: uppercase; letter-spacing: .06em; }
p { margin: 0 0 8px; }
.meta, .hint { color: var(--soft); font-size: 14px; }
.meta b { color: var(--ink); font-weight: 600; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.verdict { margin: 22px 0; padding: 20px 24px; border-radius: 10px; border-left: 6px solid var(--open); background: var(--open-tint); }
.verdict strong { display: block; font-size: 24px; line-height: 1.3; margin-bottom: 4px; color: var(--open); }
.verdict p { font-size: 17px; margin: 0; max-width: 60em; }
.verdict.better { border-color: var(--good); background: var(--good-tint); } .verdict.better strong { color: var(--good); }
.verdict.worse { border-color: var(--bad); background: var(--bad-tint); } .verdict.worse strong { color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; }
.figure { padding: 16px 18px; }
.figure .name { color: var(--soft); font-size: 14px; }
.figure .value { font-size: 25px; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; margin: 2px 0; }
.figure .value .was { color: var(--base); font-weight: 450; font-size: 19px; }
.figure .value .none { color: var(--soft); font-weight: 450; font-size: 17px; }
.figure .name-note { color: var(--soft); font-size: 13px; line-height: 1.4; }
.split { display: flex; height: 10px; border-radius: 5px; overflow: hidden; margin: 12px 0 8px; background: var(--line); }
.split .up { background: var(--good); } .split .down { background: var(--bad); }
.chart { padding: 18px 18px 10px; }
.curve { width: 100%; height: auto; display: block; }
.curve .grid { stroke: var(--line); stroke-width: 1; }
.curve .epoch-end { stroke: var(--line); stroke-width: 1; stroke-dasharray: 3 4; }
.curve .tick { fill: var(--soft); font-size: 12px; } .curve .axis { fill: var(--soft); font-size: 12px; }
.curve .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.curve .steps { stroke: var(--base); stroke-opacity: .5; stroke-width: 1.3; }
.curve .line.epochs { stroke: var(--base); stroke-width: 2.2; } .curve .dot.epochs { fill: var(--base); }
.curve .line.validation { stroke: var(--tuned); stroke-width: 2.6; } .curve .dot.validation { fill: var(--tuned); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; color: var(--soft); font-size: 14px; margin: 0 0 8px 6px; }
.key { display: inline-block; width: 18px; height: 3px; border-radius: 2px; vertical-align: middle; margin-right: 7px; background: var(--base); }
.key.thin { height: 1px; } .key.validation { background: var(--tuned); }
.prompt { margin: 0 0 18px; overflow: hidden; }
.prompt > header { padding: 14px 18px; border-bottom: 1px solid var(--line); display: flex; gap: 14px; align-items: baseline; }
.prompt > header .question { font-weight: 600; flex: 1; }
.mark { font-size: 13px; font-weight: 600; white-space: nowrap; padding: 2px 10px; border-radius: 20px; background: var(--well); color: var(--soft); }
.mark.up { background: var(--good-tint); color: var(--good); } .mark.down { background: var(--bad-tint); color: var(--bad); }
.answers { display: grid; grid-template-columns: repeat(var(--arms), minmax(0, 1fr)); }
.answer { padding: 14px 18px 16px; min-width: 0; display: flex; flex-direction: column; }
.answer + .answer { border-left: 1px solid var(--line); }
.who { display: flex; justify-content: space-between; gap: 10px; font-size: 14px; margin-bottom: 8px; color: var(--soft); }
.who b { color: var(--base); } .who b.tuned { color: var(--tuned); }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; font-size: 15px; background: var(--well);
  border-radius: 8px; padding: 12px 14px; margin-bottom: 12px; flex: 1; }
.text.empty { color: var(--soft); font-style: italic; }
.chips { list-style: none; display: flex; flex-wrap: wrap; gap: 6px; margin: 0; padding: 0; }
.chips li { font-size: 13px; line-height: 1.4; padding: 2px 10px; border-radius: 8px; background: var(--good-tint); color: var(--good);
  overflow-wrap: anywhere; }
.chips li.no { background: var(--bad-tint); color: var(--bad); }
.chips .why { color: var(--soft); }
.cut { color: var(--open); }
.rubric { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 8px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; }
tr:last-child > td { border-bottom: 0; }
td.box, th.box { text-align: center; width: 96px; }
td.box i { display: inline-block; width: 30px; height: 24px; border: 1px solid var(--base); border-radius: 5px; opacity: .7; }
td.of { color: var(--soft); white-space: nowrap; } tr.first > td { border-top: 2px solid var(--line); }
tr.mean > td { font-weight: 650; background: var(--well); }
.rubric + .hint { margin: 14px 0; }
ul.notes { padding-left: 20px; } ul.notes li { margin-bottom: 6px; overflow-wrap: anywhere; }
footer { margin-top: 40px; color: var(--soft); font-size: 13px; }
@media (max-width: 760px) { .answers { grid-template-columns: 1fr; } .answer + .answer { border-left: 0; border-top: 1px solid var(--line); } }
@media print { :root { color-scheme: light; --page: #fff; --well: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; } .text { border: 1px solid var(--line); font-size: 9.5pt; }
  .verdict, .chips li, .mark, .split, .key { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .figure, .chart, tr, .verdict { break-inside: avoid; } h2, h3, .prompt > header { break-after: avoid; } .rate { break-before: page; } }
)CSS";

}  // namespace pmtune::eval
