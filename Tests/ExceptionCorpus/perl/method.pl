my $order = {};
sub total { $order->total }
total();
