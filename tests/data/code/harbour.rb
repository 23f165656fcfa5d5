#!/usr/bin/env ruby
# Berths of a harbour.
module Harbour
  LONGEST = 400

  # Where a ship lies.
  class Berth < Place
    include Comparable
    attr_reader :length, :name

    class << self
      def open(name)
        new(name)
      end
    end

    def initialize(length, name: nil, &block)
      @length = length
    end

    # Compares by length.
    def <=>(other)
      length <=> other.length
    end

    def free?; true; end

    def self.größe(x) = x * 2
  end
end

def moor(ship, *lines)
  puts ship
end
