#include "cdebuginfo.h"
