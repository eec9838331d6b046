makeTables();
makeMeasures();
makeTimeline();
makeScatter();
followAddress();
window.addEventListener("hashchange", followAddress);
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
document.documentElement.dataset.ready = "yes";
