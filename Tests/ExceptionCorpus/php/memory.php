<?php
ini_set('memory_limit', '4M');
$text = str_repeat('x', 100_000_000);
