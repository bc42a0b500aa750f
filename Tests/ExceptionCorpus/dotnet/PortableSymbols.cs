// Writes the portable symbols that .NET reads, from those that Mono's compiler writes: PROGRAM.dll.mdb → PROGRAM.pdb.
using System;
using System.IO;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.CompilerServices.SymbolWriter;

class PortableSymbols {
    static void Main(string[] arguments) {
        var path = arguments[0];
        var symbols = MonoSymbolFile.ReadSymbolFile(path + ".mdb");
        var module = ModuleDefinition.ReadModule(new MemoryStream(File.ReadAllBytes(path)));
        foreach (var type in module.GetTypes())
        foreach (var method in type.Methods.Where(method => method.HasBody)) {
            var entry = symbols.GetMethodByToken(method.MetadataToken.ToInt32());
            if (entry == null) continue;
            var document = new Document(entry.CompileUnit.SourceFile.FileName);
            foreach (var line in entry.GetLineNumberTable().LineNumbers) {
                var instruction = method.Body.Instructions.FirstOrDefault(one => one.Offset == line.Offset);
                if (instruction == null) continue;
                method.DebugInformation.SequencePoints.Add(new SequencePoint(instruction, document) {
                    StartLine = line.Row, EndLine = line.Row, StartColumn = 1, EndColumn = 2
                });
            }
            method.DebugInformation.Scope = new ScopeDebugInformation(
                method.Body.Instructions.First(), method.Body.Instructions.Last());
        }
        module.Write(path, new WriterParameters { WriteSymbols = true, SymbolWriterProvider = new PortablePdbWriterProvider() });
    }
}
