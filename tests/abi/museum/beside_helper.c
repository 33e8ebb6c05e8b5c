/* What the specimen `beside` needs and looks for beside itself. */
int besideHelper(void);
int besideHelper(void) { return 42; }
