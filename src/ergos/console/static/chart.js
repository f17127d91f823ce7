// Charts of the ledger, drawn by uPlot over the figures that stand in the page; without it the bars of the server stay.
"use strict";
(() => {
  const DAY_S = 86400;
  const drawn = new WeakSet();

  // A canvas knows no variables: an element that is not seen says what they come to in this theme.
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const money = (value) => (value === null ? "–" : "$" + value.toFixed(value < 0.1 && value > 0 ? 4 : 2));

  const draw = (figure) => {
    if (drawn.has(figure) || typeof uPlot === "undefined") return;
    drawn.add(figure);
    const values = figure.dataset.values.split(" ").map((one) => Number(one) / 1e6);
    const first = Date.parse(figure.dataset.first + "T00:00:00Z") / 1000;
    const days = values.map((_, at) => first + at * DAY_S);
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { stroke: colour("--rule") } };
    const options = {
      width: figure.clientWidth || 600,
      height: 180,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      scales: { x: { time: true }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      legend: { live: true },
      cursor: { drag: { x: false, y: false } },
      series: [
        { value: (_, at) => (at === null ? "–" : new Date(at * 1000).toISOString().slice(0, 10)), label: figure.dataset.x },
        {
          label: figure.dataset.y,
          value: (_, value) => money(value),
          paths: uPlot.paths.bars({ size: [0.7, 40] }),
          stroke: colour("--accent"),
          fill: colour("--accent"),
          points: { show: false },
        },
      ],
      axes: [axis, { ...axis, size: 64, values: (_, marks) => marks.map(money) }],
    };
    const place = document.createElement("div");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", figure.dataset.label);
    figure.replaceChildren(place);
    const chart = new uPlot(options, [days, values], place);
    new ResizeObserver(() => chart.setSize({ width: figure.clientWidth, height: 180 })).observe(figure);
  };

  const all = () => document.querySelectorAll("[data-values]").forEach(draw);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:afterSettle", all);
  if (document.readyState !== "loading") all();
})();
