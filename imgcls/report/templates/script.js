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

// The legend of the points: what is pressed stays, the rest fades.
const legend = document.querySelector("[data-legend]");
legend?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
  const pressed = [...legend.querySelectorAll("[aria-pressed=true]")];
  const kept = new Set(pressed.map((each) => each.dataset.group));
  const points = Bokeh.documents.map((each) => each.get_model_by_name("pictures")).find(Boolean);
  const alpha = [...points.data.group].map((each) => (!kept.size || kept.has(each) ? 0.8 : 0.06));
  points.data = { ...points.data, alpha };
});

// Called by the chart of points when one is tapped.
function show({ data, inspected }) {
  const [place] = inspected.indices;
  const panel = document.querySelector("[data-tapped]");
  const [picture, text] = panel.children;
  picture.style.backgroundPosition = `${data.left[place]}px ${data.top[place]}px`;
  const share = data.share[place].toFixed(1);
  text.textContent = `${data.true[place]}: ${data.mark[place]} ${data.answered[place]}, ${share} %`;
  panel.hidden = false;
}
