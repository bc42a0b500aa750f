import "gone-package";
