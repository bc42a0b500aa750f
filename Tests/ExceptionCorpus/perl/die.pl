use strict;
use warnings;
sub divide { return $_[0] / $_[1] }
warn "only a warning";
divide(1, 0);
