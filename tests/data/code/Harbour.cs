using System;

namespace Net.Harbour
{
    /// <summary>Where a ship lies.</summary>
    [Serializable]
    public sealed class Berth<T> : Place where T : class
    {
        private readonly int longest = 400;
        public event EventHandler Left;

        public int Length { get; private set; }
        public bool Free => Length > 0;

        public Berth(int length)
        {
            Length = length;
        }

        public T this[int index] { get { return null; } }

        [Obsolete("by name")]
        public async Task<T> Moor(string ship, int lines = 2)
        {
            int Inner(int x) { return x; }
            return null;
        }

        public static bool operator ==(Berth<T> a, Berth<T> b) { return true; }
    }

    public interface IFits { bool Fits(int length); }

    public enum Water { Low, High }

    public record Rope(int Metres, string Colour);

    public delegate void Watcher(string ship);

    struct Größe
    {
        public int Metres;
    }
}
