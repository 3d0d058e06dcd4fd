for (const table of document.querySelectorAll("table[data-sorts]")) {
  const value = (row, column) => row.cells[column].textContent.trim();
  const number = (text) => (text === "-" ? -1 : Number(text.replace(/[%,]/g, "")));
  table.querySelectorAll("th").forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const rows = [...table.tBodies[0].rows];
      const counted = rows.every((row) => !isNaN(number(value(row, column))));
      rows.sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        const order = counted ? number(x) - number(y) : x.localeCompare(y);
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
      table.querySelectorAll("th").forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
  });
}

// The points: a slider steps through them, class by class; what is pressed in the legend stays.
const find = (name) => Bokeh.documents.map((each) => each.get_model_by_name(name)).find(Boolean);
const legend = document.querySelector("[data-legend]");
const slider = document.querySelector("[data-step]");
let steps = [];

function kept() {
  const pressed = legend.querySelectorAll("[aria-pressed=true]");
  return new Set([...pressed].map((each) => each.dataset.group));
}

function renew() {
  const { group, true: label } = find("pictures").data;
  const groups = kept();
  steps = [...group.keys()].filter((place) => !groups.size || groups.has(group[place]));
  const name = (place) => `${group[place]} ${label[place]}`;
  steps.sort((a, b) => name(a).localeCompare(name(b)) || a - b);
  slider.max = steps.length;
}

legend?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
  const [points, groups] = [find("pictures"), kept()];
  const alpha = [...points.data.group].map((each) => (!groups.size || groups.has(each) ? 0.8 : 0.06));
  points.data = { ...points.data, alpha };
  renew();
  slider.value = 0;
  show(undefined);
});

slider?.addEventListener("input", () => {
  if (!steps.length) renew();
  show(steps[slider.value - 1]);
});

// Called by the chart of points, too, when one is tapped.
function show(place) {
  const { data } = find("pictures");
  const panel = document.querySelector("[data-shown]");
  const [picture, text] = panel.children;
  panel.hidden = place === undefined;
  const ring = panel.hidden ? [] : [place];
  find("ring").data = { x: ring.map((each) => data.x[each]), y: ring.map((each) => data.y[each]) };
  slider.setAttribute("aria-valuetext", "no picture");
  if (panel.hidden) return;
  picture.style.backgroundPosition = `${data.left[place]}px ${data.top[place]}px`;
  const share = data.share[place].toFixed(1);
  text.textContent = `${data.true[place]}: ${data.mark[place]} ${data.answered[place]}, ${share} %`;
  const said = data.mark[place] === "✓" ? "recognised" : `taken for ${data.answered[place]}`;
  slider.setAttribute("aria-valuetext", `${data.true[place]}, ${said} with ${share} %`);
}
