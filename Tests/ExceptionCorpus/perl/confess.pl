use strict;
use warnings;
use Carp;

package Loader;
sub load { my ($class, $path) = @_; Carp::confess("cannot load $path") }

package main;
sub boot { Loader->load("/etc/app.conf") }
boot(1, "two");
