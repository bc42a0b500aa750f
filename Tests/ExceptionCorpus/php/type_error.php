<?php
function total(int $amount): int
{
    return $amount;
}

echo $missing;
total("many");
