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

// The points: a slider steps through them, class by class; the legend selects classes.
const find = (name) => Bokeh.documents.map((each) => each.get_model_by_name(name)).find(Boolean);
const legend = document.querySelector("[data-legend]");
const slider = document.querySelector("[data-step]");
let steps = [];

function selected() {
  const pressed = legend.querySelectorAll("[aria-pressed=true]");
  return new Set([...pressed].map((each) => each.dataset.group));
}

function updateSteps() {
  const { group, true: label } = find("points").data;
  const groups = selected();
  steps = [...group.keys()].filter((index) => !groups.size || groups.has(group[index]));
  const name = (index) => `${group[index]} ${label[index]}`;
  steps.sort((a, b) => name(a).localeCompare(name(b)) || a - b);
  slider.max = steps.length;
}

legend?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
  const [points, groups] = [find("points"), selected()];
  const alpha = [...points.data.group].map((each) => (!groups.size || groups.has(each) ? 0.8 : 0.06));
  points.data = { ...points.data, alpha };
  updateSteps();
  slider.value = 0;
  show(undefined);
});

slider?.addEventListener("input", () => {
  if (!steps.length) updateSteps();
  show(steps[slider.value - 1]);
});

// The chart calls it, too, when a point is tapped.
function show(index) {
  const { data } = find("points");
  const panel = document.querySelector("[data-shown]");
  const [image, text] = panel.children;
  panel.hidden = index === undefined;
  const ring = panel.hidden ? [] : [index];
  find("ring").data = { x: ring.map((each) => data.x[each]), y: ring.map((each) => data.y[each]) };
  slider.setAttribute("aria-valuetext", "no image");
  if (panel.hidden) return;
  image.style.backgroundPosition = `${data.left[index]}px ${data.top[index]}px`;
  const probability = data.probability[index].toFixed(1);
  text.textContent = `${data.true[index]}: ${data.mark[index]} ${data.predicted[index]}, ${probability} %`;
  const result = data.mark[index] === "✓" ? "correct" : `predicted as ${data.predicted[index]}`;
  slider.setAttribute("aria-valuetext", `${data.true[index]}, ${result} with ${probability} %`);
}
