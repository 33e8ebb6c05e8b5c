/* Defect: a good library that exports something else than hks_plugin_entry. */
int answer(void);
int answer(void) { return 42; }
