<?php
namespace App;

class ConfigError extends \RuntimeException {}

class Loader
{
    public function load(string $text): array
    {
        return json_decode($text, true, 512, JSON_THROW_ON_ERROR);
    }

    public static function boot(array $options): void
    {
        try {
            (new self())->load('{"port": nope}');
        } catch (\JsonException $error) {
            throw new ConfigError("bad configuration\nof the shop", 7, $error);
        }
    }
}

array_map(fn ($options) => Loader::boot($options), [['debug' => true]]);
