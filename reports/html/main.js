const OPENED = /^#(tenant|action)=(.*)$/s;

function follow() {
  const match = OPENED.exec(location.hash);
  if (!match) {
    if (dialog.open) dialog.close();
    const section = document.querySelector(`section.view[id="${CSS.escape(location.hash.slice(1))}"]`);
    if (section) buildTable(section);
    return;
  }
  let name = match[2];
  try { name = decodeURIComponent(name); } catch { /* not encoded: take it as it is */ }
  if (match[1] === "tenant") openTenant(name);
  else openAction(name);
}

dialog.addEventListener("close", () => {
  if (OPENED.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
window.addEventListener("hashchange", follow);
window.addEventListener("beforeprint", () => { for (const section of document.querySelectorAll("section.view")) buildTable(section); });

const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { sight.unobserve(entry.target); buildTable(entry.target); }
}, { rootMargin: "600px" });
for (const section of document.querySelectorAll("section.view")) sight.observe(section);
window.phonefleet = { frame, evidence, sources, tables, buildTable };
follow();
