#include <math.h>

long rounded_seconds(double ms) { return lround(ms / 1000.0); }
