<?php
class Broken extends Missing {}
