use Carp;
package Counter; sub new { bless {}, shift } sub step { Carp::croak("step must be positive") }
package main;
Carp::cluck("only a warning");
Counter->new->step(-1);
