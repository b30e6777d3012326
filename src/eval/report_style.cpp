#include "eval/report.hpp"

namespace pmtune::eval {

// What a report has beyond base/html_page.hpp.
const char* const report_style = R"CSS(
.verdict { margin: 22px 0; padding: 20px 24px; border-radius: 10px; border-left: 6px solid var(--open); background: var(--open-tint); }
.verdict strong { display: block; font-size: 24px; line-height: 1.3; margin-bottom: 4px; color: var(--open); }
.verdict p { font-size: 17px; margin: 0; max-width: 60em; }
.verdict.better { border-color: var(--good); background: var(--good-tint); } .verdict.better strong { color: var(--good); }
.verdict.worse { border-color: var(--bad); background: var(--bad-tint); } .verdict.worse strong { color: var(--bad); }
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
td.box, th.box { text-align: center; width: 96px; }
td.box i { display: inline-block; width: 30px; height: 24px; border: 1px solid var(--base); border-radius: 5px; opacity: .7; }
td.of { color: var(--soft); white-space: nowrap; } tr.first > td { border-top: 2px solid var(--line); }
tr.mean > td { font-weight: 650; background: var(--well); }
.rubric + .hint { margin: 14px 0; }
@media (max-width: 760px) { .answers { grid-template-columns: 1fr; } .answer + .answer { border-left: 0; border-top: 1px solid var(--line); } }
@media print { :root { color-scheme: light; --page: #fff; --well: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; } .text { border: 1px solid var(--line); font-size: 9.5pt; }
  .verdict, .chips li, .mark, .split, .key { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .figure, .chart, tr, .verdict { break-inside: avoid; } h2, h3, .prompt > header { break-after: avoid; } .rate { break-before: page; } }
)CSS";

}  // namespace pmtune::eval
